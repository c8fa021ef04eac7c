
namespace NsCollector.RuntimeTests.Docker;

/// <summary>An exited container, as its workload and Docker describe it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its full id.</param>
/// <param name="Status">Docker's exit status, which is the requested one.</param>
/// <param name="Burned">The CPU time that its init reports.</param>
/// <param name="CgroupNs">The CPU time that the kernel counted for its cgroup just before the exit of init, in ns.</param>
/// <param name="SentBytes">The bytes it sent, with UDP, IP and Ethernet headers; null without a network.</param>
internal sealed record ShortLivedContainer(string Name, string Id, long Status, Burn Burned, long CgroupNs, long? SentBytes);
