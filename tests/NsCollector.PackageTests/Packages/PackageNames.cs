namespace NsCollector.PackageTests.Packages;

/// <summary>The names of the packages of one architecture, and the path of its executable.</summary>
public sealed class PackageNames
{
    /// <summary>Gets the names from <c>packaging/architecture</c>.</summary>
    /// <param name="architecture">Any name of an architecture; empty: this machine's.</param>
    public PackageNames(string architecture)
    {
        string NameOf(string kind) => Command.Run(Repository.PathOf("packaging/architecture"), architecture.Length == 0 ? [kind] : [kind, architecture]);
        Kernel = NameOf("kernel");
        Debian = NameOf("deb");
        RpmArchitecture = NameOf("rpm");
        Directory = Repository.PathOf(NameOf("directory"));
        Deb = $"nscollector_{BuiltPackages.Version}-1_{Debian}.deb";
        Rpm = $"nscollector-{BuiltPackages.Version}-1.{RpmArchitecture}.rpm";
        Tarball = $"nscollector-{BuiltPackages.Version}-linux-{Kernel}.tar.gz";
        Symbols = $"nscollector-{BuiltPackages.Version}-linux-{Kernel}-debug.tar.gz";
        Image = $"nscollector-{BuiltPackages.Version}-oci-{NameOf("oci")}.tar";
    }

    /// <summary>The names for all architectures with packages.</summary>
    public static PackageNames[] All { get; } =
        [.. Command.Run(Repository.PathOf("packaging/architecture"), "all").Split('\n').Select(architecture => new PackageNames(architecture))];

    /// <summary>The architecture's name in the kernel.</summary>
    public string Kernel { get; }

    /// <summary>The architecture's name in Debian.</summary>
    public string Debian { get; }

    /// <summary>The architecture's name in rpm.</summary>
    public string RpmArchitecture { get; }

    /// <summary>The absolute path of the executable's directory.</summary>
    public string Directory { get; }

    /// <summary>The Debian package.</summary>
    public string Deb { get; }

    /// <summary>The RPM package.</summary>
    public string Rpm { get; }

    /// <summary>The tarball.</summary>
    public string Tarball { get; }

    /// <summary>The tarball with the symbols for debuggers.</summary>
    public string Symbols { get; }

    /// <summary>The archive of the image.</summary>
    public string Image { get; }

    /// <summary>All packages except the image.</summary>
    public string[] Files => [Deb, Rpm, Tarball, Symbols];
}
