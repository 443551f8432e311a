#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

/* Makes room for more bytes and a zero. A stand-in for tests may end where there
 * is no memory for a line. */
static void grow(text *t, size_t more) {
  if (t->size + more + 1 <= t->room) return;
  t->room = 2 * (t->size + more + 1);
  t->text = realloc(t->text, t->room);
  if (!t->text) abort();
}

void text_bytes(text *t, const void *bytes, size_t size) {
  grow(t, size);
  if (size > 0) memcpy(t->text + t->size, bytes, size);
  t->size += size;
  t->text[t->size] = 0;
}

void text_print(text *t, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  grow(t, (size_t)n);
  vsnprintf(t->text + t->size, (size_t)n + 1, format, again);
  va_end(again);
  t->size += (size_t)n;
}

void text_json(text *t, span s) {
  text_print(t, "\"");
  for (; s.at < s.end; s.at++) {
    if (*s.at < 0x20)
      text_print(t, "\\u%04x", *s.at);
    else if (*s.at == '"' || *s.at == '\\')
      text_print(t, "\\%c", *s.at);
    else
      text_bytes(t, s.at, 1);
  }
  text_print(t, "\"");
}
