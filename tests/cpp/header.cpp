// The headers compile alone, and twice; the C++ one from C++14 on.
#include <quietcloud/quietcloud.h>
#include <quietcloud/quietcloud.h>
#if __cplusplus >= 201402L
#include <quietcloud/quietcloud.hpp>
#include <quietcloud/quietcloud.hpp>
#endif
