/* A zip archive of a model folder, stored uncompressed, in memory. */
#ifndef ZIP_H
#define ZIP_H

#include <stddef.h>

/* The archive of those of these files that a folder has; NULL ends the names. Free it. */
unsigned char *zip_folder(const char *folder, const char *const *names, size_t *length);

#endif
