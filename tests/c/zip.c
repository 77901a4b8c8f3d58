#include "zip.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t crc32_of(const unsigned char *bytes, size_t length) {
    uint32_t crc = 0xffffffffu;
    size_t i;
    int bit;
    for (i = 0; i < length; ++i) {
        crc ^= bytes[i];
        for (bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static unsigned char *put(unsigned char *at, uint32_t value, int bytes) {
    while (bytes-- > 0) {
        *at++ = (unsigned char)(value & 255);
        value >>= 8;
    }
    return at;
}

static unsigned char *slurp(const char *folder, const char *name, size_t *length) {
    char path[1024];
    unsigned char *bytes = NULL;
    FILE *file;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(*length + 1);
    if (fread(bytes, 1, *length, file) != *length) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

/* The fields that a local header and a directory entry have in common: version to names' lengths. */
static unsigned char *common(unsigned char *at, uint32_t crc, size_t length, size_t name) {
    at = put(at, 20, 2);
    at = put(at, 0, 2); /* flags */
    at = put(at, 0, 2); /* stored */
    at = put(at, 0, 2); /* time */
    at = put(at, 33, 2); /* 1 January 1980 */
    at = put(at, crc, 4);
    at = put(at, (uint32_t)length, 4);
    at = put(at, (uint32_t)length, 4);
    at = put(at, (uint32_t)name, 2);
    return put(at, 0, 2); /* extra */
}

unsigned char *zip_folder(const char *folder, const char *const *names, size_t *length) {
    unsigned char *archive = NULL, *directory = NULL, *at;
    size_t size = 0, entries = 0, count = 0;
    for (; *names; ++names) {
        size_t name = strlen(*names), bytes = 0;
        unsigned char *content = slurp(folder, *names, &bytes);
        uint32_t crc;
        if (!content) continue;
        ++count;
        crc = crc32_of(content, bytes);

        directory = realloc(directory, entries + 46 + name);
        at = put(directory + entries, 0x02014b50, 4);
        at = put(at, 20, 2);
        at = common(at, crc, bytes, name);
        at = put(at, 0, 2); /* comment */
        at = put(at, 0, 2); /* disk */
        at = put(at, 0, 2);
        at = put(at, 0, 4);
        at = put(at, (uint32_t)size, 4);
        memcpy(at, *names, name);
        entries += 46 + name;

        archive = realloc(archive, size + 30 + name + bytes);
        at = common(put(archive + size, 0x04034b50, 4), crc, bytes, name);
        memcpy(at, *names, name);
        memcpy(at + name, content, bytes);
        size += 30 + name + bytes;
        free(content);
    }
    archive = realloc(archive, size + entries + 22);
    memcpy(archive + size, directory, entries);
    free(directory);
    at = put(archive + size + entries, 0x06054b50, 4);
    at = put(at, 0, 4);
    at = put(at, (uint32_t)count, 2);
    at = put(at, (uint32_t)count, 2);
    at = put(at, (uint32_t)entries, 4);
    at = put(at, (uint32_t)size, 4);
    put(at, 0, 2);
    *length = size + entries + 22;
    return archive;
}
