namespace NsCollector.TestSupport.Cri;

/// <summary>A test that needs real pods of containerd's CRI.</summary>
public sealed class CriFactAttribute : FactAttribute
{
    private static readonly string[] _programs =
    [
        "containerd", "ctr", "runc", "busybox", "ip",
        .. new[] { "bridge", "host-local", "loopback" }.Select(plugin => Path.Combine(ContainerdEngine.PluginDirectory, plugin)),
    ];

    public CriFactAttribute(params string[] programs) => Skip = new RequiresFactAttribute([.. _programs, .. programs]).Skip;
}
