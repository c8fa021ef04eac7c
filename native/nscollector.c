#include "nscollector.h"

#include "flows.h"
#include "links.h"
#include "netfilter.h"
#include "netlink.h"
#include "nsid.h"
#include "removals.h"

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
    case 3: return (int32_t)sizeof(nsc_watch_plan);
    case 4: return (int32_t)sizeof(nsc_watch_record);
    case 5: return (int32_t)sizeof(nsc_watch_link);
    case 6: return (int32_t)sizeof(nsc_watch_scheduling);
    case 7: return (int32_t)sizeof(nsc_watch_counts);
    case 8: return (int32_t)sizeof(nsc_visit_file);
    case 9: return (int32_t)sizeof(nsc_visit_text);
    case 10: return (int32_t)sizeof(nsc_link);
    case 11: return (int32_t)sizeof(nsc_links_namespace);
    case 12: return (int32_t)sizeof(nsc_removal);
    case 13: return (int32_t)sizeof(nsc_sockets);
    case 14: return (int32_t)sizeof(nsc_cgroups);
    case 15: return (int32_t)sizeof(nsc_flow);
    case 16: return (int32_t)sizeof(nsc_nsid_event);
    case 17: return (int32_t)sizeof(nsc_netlink_exchange);
    case 18: return (int32_t)sizeof(nsc_netfilter);
    default: return -1;
    }
}
