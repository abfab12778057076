/* Stands in for libpcaudio, through which espeak-ng would play sound and which
 * drags in PulseAudio, ALSA, D-Bus and X11. A function has no loudspeaker:
 * rushes-speak takes the samples, and no device is ever opened. */
#include <stddef.h>

void *create_audio_device_object(const char *device, const char *name, const char *description)
{
    (void)device, (void)name, (void)description;
    return NULL;
}

int audio_object_open(void *object, int format, unsigned rate, unsigned char channels)
{
    (void)object, (void)format, (void)rate, (void)channels;
    return -1;
}

int audio_object_write(void *object, const void *data, size_t bytes)
{
    (void)object, (void)data, (void)bytes;
    return -1;
}

int audio_object_drain(void *object) { (void)object; return -1; }
int audio_object_flush(void *object) { (void)object; return -1; }
void audio_object_close(void *object) { (void)object; }
void audio_object_destroy(void *object) { (void)object; }
const char *audio_object_strerror(void *object, int error) { (void)object, (void)error; return "no sound device"; }
