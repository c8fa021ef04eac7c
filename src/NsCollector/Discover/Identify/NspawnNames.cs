using System.Text;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;

namespace NsCollector.Discover.Identify;

/// <summary>
/// systemd-nspawn's machines: systemd-machined's file below /run/systemd/machines for the unit of the cgroup, first by the
/// name in the path, then by the link <c>unit:UNIT</c>. Without machined, the name in the path is used.
/// </summary>
internal sealed class NspawnNames(HostRoots roots, StateFiles files) : INameResolver
{
    private readonly StatePlace _machines = new(roots.Run + "/systemd/machines/", "");
    private readonly StatePlace _units = new(roots.Run + "/systemd/machines/unit:", "");

    /// <inheritdoc/>
    public KnownIdentity? Resolve(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous)
    {
        if (previous?.Source is { } source && source.IsCurrent()) return previous;
        if (container.Name is not { } name) return null;
        KnownIdentity? other = Read(name, cgroupPath, previous);
        if (other?.Name is not null) return other;

        Span<byte> target = stackalloc byte[256];
        int length = _units.ReadLink(CgroupPath.CutLast(cgroupPath, out _), target);
        if (length <= 0 || length == target.Length) return other;
        string machine = Encoding.UTF8.GetString(target[..length]);
        return (machine == name ? null : Read(machine, cgroupPath, previous)) ?? other;
    }

    private KnownIdentity? Read(string machine, string cgroupPath, KnownIdentity? previous) =>
        StatePlace.IsElement(machine) && _machines.MayExist(machine) ? ReadMachine(machine, cgroupPath, previous) : null;

    // A method of its own, because one with a lambda allocates on entry.
    private KnownIdentity? ReadMachine(string machine, string cgroupPath, KnownIdentity? previous) =>
        files.Read(
            _machines.PathOf(machine),
            IdentityKeys.None,
            (text, draft) => MachineFile.TryParse(text, CgroupPath.CutLast(cgroupPath, out _), draft),
            previous);
}
