/* The C header compiles alone, and twice. */
#include <quietcloud/quietcloud.h>
#include <quietcloud/quietcloud.h>

typedef int not_empty;
