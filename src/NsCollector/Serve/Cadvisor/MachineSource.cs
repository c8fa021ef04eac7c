using NsCollector.Encode.Cadvisor;
using NsCollector.Linux;
using NsCollector.Sample.Hardware;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Serve.Cadvisor;

/// <summary>The parts of the machine, read again at most every five minutes, as in cAdvisor. Any thread may use it.</summary>
/// <param name="roots">Where the kernel's files are.</param>
internal sealed class MachineSource(HostRoots roots)
{
    private const long MaxAgeNs = 300L * 1_000_000_000;

    private readonly HardwareReader _reader = new(roots);
    private readonly Lock _lock = new();
    private MachineHardware? _hardware;
    private CadvisorIdentity? _identity;
    private long _readNs;

    /// <summary>What the answers show of the machine.</summary>
    /// <param name="host">The last sample of the host.</param>
    internal CadvisorMachine Of(HostSample host)
    {
        lock (_lock)
        {
            long nowNs = SystemClock.MonotonicNs();
            if (_hardware is null || nowNs - _readNs > MaxAgeNs)
            {
                MachineIdentity identity = MachineIdentity.Read(roots);
                _identity = new CadvisorIdentity(identity.MachineId, identity.SystemUuid, identity.BootId);
                _hardware = _reader.Read();
                _readNs = nowNs;
            }

            return new CadvisorMachine(_hardware, host, _identity!);
        }
    }
}
