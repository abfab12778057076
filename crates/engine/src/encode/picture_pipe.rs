//! Pictures on their way to the encoder.

use std::fs::File;
use std::io::{self, Write};

use rushes_core::spec::Output;
use rustix::io::Errno;
use rustix::pipe::{IoSliceRaw, SpliceFlags, fcntl_getpipe_size, fcntl_setpipe_size, vmsplice};

use crate::picture::Picture;

/// The most that the pipe holds.
const PIPE_BYTES: usize = 1 << 20;

/// The end of a pipe that pictures of one size go into.
///
/// They are lent: the pipe refers to their memory instead of holding a copy (vmsplice(2)), and the encoder
/// copies from there. This is a third of what writing and reading them costs both together. A lent picture
/// must not change before it was read, so it belongs to the pipe for so long: what comes back is another one.
pub struct PicturePipe {
    pipe: File,
    size: [usize; 2],
    is_lending: bool,
    /// The picture that may not have been read to its end.
    lent: Option<Picture>,
}

/// What must outlive the reader of a pipe.
pub struct Lent {
    _picture: Option<Picture>,
}

impl PicturePipe {
    /// For pictures of one shape.
    pub fn new(pipe: File, output: &Output) -> Self {
        let size = [output.width as usize, output.height as usize];
        let picture_bytes = size[0] * size[1] * 3 / 2;
        // The largest power of two, as sizes of pipes are, that is not more than a picture. What is refused is
        // seen below.
        let _ = fcntl_setpipe_size(&pipe, PIPE_BYTES.min(1 << picture_bytes.max(1).ilog2()));
        // Of two pictures in a row nothing of the first is left in such a pipe once the second is in it.
        let is_lending = fcntl_getpipe_size(&pipe).is_ok_and(|pipe_bytes| pipe_bytes <= picture_bytes);
        Self { pipe, size, is_lending, lent: None }
    }

    /// A picture to draw the first on.
    pub fn canvas(&self) -> Picture {
        Picture::black(self.size[0], self.size[1])
    }

    /// Puts a picture into the pipe, `times` times, and returns one to draw the next on, whatever it shows.
    ///
    /// # Errors
    /// When the reader is gone.
    pub fn put(&mut self, picture: Picture, times: u64) -> io::Result<Picture> {
        let is_lent = self.is_lending;
        for _ in 0..times {
            self.put_bytes(picture.bytes())?;
        }
        if !is_lent {
            return Ok(picture);
        }
        let read = self.lent.replace(picture);
        Ok(read.unwrap_or_else(|| self.canvas()))
    }

    fn put_bytes(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while self.is_lending && !bytes.is_empty() {
            match lend(&self.pipe, bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::INTR) => {}
                // Sandboxes may forbid it.
                Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => self.is_lending = false,
                Err(error) => return Err(error.into()),
            }
        }
        self.pipe.write_all(bytes)
    }

    /// Tells the reader that nothing more comes.
    pub fn close(self) -> Lent {
        Lent { _picture: self.lent }
    }
}

/// Makes the pipe refer to as many of the first bytes as it has room for; waits for room for one.
fn lend(pipe: &File, bytes: &[u8]) -> Result<usize, Errno> {
    #[expect(unsafe_code, reason = "memory is only read through the writing end of a pipe")]
    // SAFETY: vmsplice writes into the memory only where the descriptor is the reading end of a pipe; this one is
    // written to. That the memory stays as it is until it was read matters for what is read and for nothing else:
    // it is read by another process, and the pages live for as long as the pipe refers to them.
    unsafe {
        vmsplice(pipe, &[IoSliceRaw::from_slice(bytes)], SpliceFlags::empty())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn output(width: u32, height: u32) -> Output {
        Output { width, height, ..Output::default() }
    }

    /// Draws and puts pictures of their own number, as many times, and reads them slowly at the other end.
    fn pass_through(mut pipe: PicturePipe, mut reader: File, pictures: u8) {
        let size_bytes = pipe.canvas().bytes().len();
        let writer = std::thread::spawn(move || {
            let mut canvas = pipe.canvas();
            for number in 1..=pictures {
                canvas.bytes_mut().fill(number);
                canvas = pipe.put(canvas, u64::from(number)).unwrap();
            }
            pipe.close()
        });
        let mut picture = vec![0; size_bytes];
        for number in 1..=pictures {
            for _ in 0..number {
                reader.read_exact(&mut picture).unwrap();
                assert!(picture.iter().all(|sample| *sample == number), "something in picture {number} is of another");
            }
        }
        drop(writer.join().unwrap());
        assert_eq!(reader.read(&mut picture).unwrap(), 0);
    }

    fn pipe() -> (File, File) {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        (reader.into(), writer.into())
    }

    #[test]
    fn every_picture_arrives_as_it_was_when_it_was_put() {
        for (width, height) in [(1920, 1080), (640, 360), (64, 48), (16, 16)] {
            let (reader, writer) = pipe();
            let pipe = PicturePipe::new(writer, &output(width, height));
            assert_eq!(pipe.is_lending, width > 16, "a pipe holds a page at least");
            pass_through(pipe, reader, 7);
        }
    }

    #[test]
    fn pictures_are_written_where_they_cannot_be_lent() {
        let (reader, writer) = pipe();
        let mut pipe = PicturePipe::new(writer, &output(64, 48));
        pipe.is_lending = false;
        pass_through(pipe, reader, 7);
    }

    #[test]
    fn a_reader_that_is_gone_is_an_error() {
        let (reader, writer) = pipe();
        let mut pipe = PicturePipe::new(writer, &output(640, 360));
        drop(reader);
        let canvas = pipe.canvas();
        assert_eq!(pipe.put(canvas, 1).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
