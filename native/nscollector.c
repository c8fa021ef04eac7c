#include "nscollector.h"

int32_t nsc_interface_version(void)
{
    return NSC_INTERFACE_VERSION;
}

int32_t nsc_size_of(int32_t structure)
{
    switch (structure) {
    case 0: return (int32_t)sizeof(nsc_target);
    case 1: return (int32_t)sizeof(nsc_request);
    case 2: return (int32_t)sizeof(nsc_visitor);
    default: return -1;
    }
}
