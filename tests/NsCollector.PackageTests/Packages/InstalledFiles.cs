namespace NsCollector.PackageTests.Packages;

/// <summary>
/// The files of an installed agent, one line for each: mode in the form of <c>ls -l</c>, owner, path, and the target of a link.
/// Directories of the system are left out.
/// </summary>
internal static class InstalledFiles
{
    private static readonly string[] Everywhere =
    [
        "-rwxr-xr-x root/root /usr/lib/nscollector/nscollector",
        "-rw-r--r-- root/root /usr/lib/nscollector/libMonoPosixHelper.so",
        "lrwxrwxrwx root/root /usr/bin/nscollector -> ../lib/nscollector/nscollector",
        "-rw-r--r-- root/root /etc/nscollector/nscollector.conf",
        "drwxr-xr-x root/root /etc/nscollector/conf.d",
        "drwx------ root/root /etc/nscollector/credentials",
        "-rw-r--r-- root/root /etc/logrotate.d/nscollector",
        "-rw-r--r-- root/root /usr/lib/systemd/system/nscollector.service",
        "-rw-r--r-- root/root /usr/lib/systemd/system/nscollector.slice",
        "-rw-r--r-- root/root /usr/lib/sysusers.d/nscollector.conf",
        "-rw-r--r-- root/root /usr/lib/tmpfiles.d/nscollector.conf",
        "-rw-r--r-- root/root /usr/share/doc/nscollector/README.md",
        "-rw-r--r-- root/root /usr/share/doc/nscollector/THIRD-PARTY-NOTICES.TXT.gz",
        "-rw-r--r-- root/root /usr/share/doc/nscollector/changelog.gz",
        "-rw-r--r-- root/root /usr/share/doc/nscollector/copyright",
        "-rw-r--r-- root/root /usr/share/bash-completion/completions/nscollector",
        "-rw-r--r-- root/root /usr/share/fish/vendor_completions.d/nscollector.fish",
        "-rw-r--r-- root/root /usr/share/man/man1/nscollector.1.gz",
        "-rw-r--r-- root/root /usr/share/man/man5/nscollector.conf.5.gz",
        .. Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories)
            .Select(path => "-rw-r--r-- root/root /usr/share/doc/nscollector/" + Path.GetRelativePath(Repository.Root, path)),
        .. Directory.EnumerateFiles(Repository.PathOf("packaging/grafana"), "*", SearchOption.AllDirectories)
            .Select(path => "-rw-r--r-- root/root /usr/share/nscollector/" + Path.GetRelativePath(Repository.PathOf("packaging"), path)),
    ];

    /// <summary>The files of the .deb.</summary>
    internal static string[] Debian { get; } = Sorted(
    [
        .. Everywhere,
        "-rw-r--r-- root/root /usr/share/zsh/vendor-completions/_nscollector",
        "-rw-r--r-- root/root /usr/share/doc/nscollector/changelog.Debian.gz",
        "-rw-r--r-- root/root /usr/share/lintian/overrides/nscollector",
    ]);

    /// <summary>The files of the .rpm and of the tarball.</summary>
    internal static string[] Elsewhere { get; } = Sorted(
    [
        .. Everywhere,
        "-rw-r--r-- root/root /usr/share/zsh/site-functions/_nscollector",
        "-rw-r--r-- root/root /usr/share/licenses/nscollector/LICENSE",
    ]);

    /// <summary>Sorts lines for comparison, and leaves out directories except the agent's own below /etc.</summary>
    internal static string[] Sorted(IEnumerable<string> lines) =>
        [.. lines.Where(line => line[0] != 'd' || line.Contains("/etc/nscollector/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
