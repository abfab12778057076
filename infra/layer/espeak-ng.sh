#!/bin/sh
# espeak-ng from this layer, wherever it is unpacked, whatever environment the caller left.
layer=${0%/*}/..
export ESPEAK_DATA_PATH="$layer/share" LD_LIBRARY_PATH="$layer/lib"
exec "$layer/libexec/espeak-ng" "$@"
