/* A zip archive of a model folder, stored uncompressed, in memory. */
#ifndef ZIP_H
#define ZIP_H

#include <stddef.h>

/* The archive of these files of a folder; NULL ends the names. Free it. NULL where a file can't be read. */
unsigned char *zip_folder(const char *folder, const char *const *names, size_t *length);

#endif
