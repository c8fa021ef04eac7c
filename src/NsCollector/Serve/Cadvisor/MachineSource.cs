using NsCollector.Encode.Cadvisor;
using NsCollector.Linux;
using NsCollector.Sample.HostMetrics;
using NsCollector.Serve.Machine;

namespace NsCollector.Serve.Cadvisor;

/// <summary>The machine's parts and identifiers. Any thread may use it.</summary>
/// <param name="hardware">The parts.</param>
/// <param name="identity">The identifiers.</param>
internal sealed class MachineSource(HardwareSource hardware, MachineIdentity identity)
{
    private readonly CadvisorIdentity _identity = new(identity.MachineId, identity.SystemUuid, identity.BootId);

    /// <summary>What the answers show of the machine.</summary>
    /// <param name="host">The last sample of the host.</param>
    internal CadvisorMachine Of(HostSample host) => new(hardware.Read(), host, _identity);
}
