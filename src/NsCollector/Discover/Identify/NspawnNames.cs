using System.Text;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;

namespace NsCollector.Discover.Identify;

/// <summary>
/// systemd-nspawn's machines: what systemd-machined keeps below /run/systemd/machines of the unit whose cgroup it is,
/// first under the name in the path, then where the link <c>unit:UNIT</c> leads. Without machined the path's name stands.
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
        StatePlace.IsElement(machine) && _machines.MayHold(machine) ? ReadThere(machine, cgroupPath, previous) : null;

    // Apart, because the method with the lambda allocates as soon as it is entered.
    private KnownIdentity? ReadThere(string machine, string cgroupPath, KnownIdentity? previous) =>
        files.Read(
            _machines.PathOf(machine),
            IdentityKeys.None,
            (text, draft) => MachineFile.TryParse(text, CgroupPath.CutLast(cgroupPath, out _), draft),
            previous);
}
