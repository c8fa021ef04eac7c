
namespace NsCollector.RuntimeTests.Docker;

/// <summary>A container that has come and gone, as its workload and Docker tell it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its whole id.</param>
/// <param name="Status">Its exit status: what Docker tells, which is what the workload was told to end with.</param>
/// <param name="Burned">What its init says it has used.</param>
/// <param name="SentBytes">What it has sent, with the headers of UDP, IP and Ethernet; null where it has no network.</param>
internal sealed record ShortLife(string Name, string Id, long Status, Burn Burned, long? SentBytes);
