namespace NsCollector.Discover.Identify.Daemons;

/// <summary>Where a running daemon keeps its state: by its command line, else by its configuration file, else the default.</summary>
internal static class DaemonDirectory
{
    /// <summary>Docker's data root if nothing names another one.</summary>
    internal const string DefaultDataRoot = "/var/lib/docker";

    /// <summary>containerd's state directory if nothing names another one.</summary>
    internal const string DefaultState = "/run/containerd";

    /// <summary>Reads a configuration file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="isNamed">Whether the command line names it; the default file may be missing.</param>
    /// <param name="text">Its bytes; empty if the default file is missing.</param>
    /// <returns>False if it cannot be read.</returns>
    internal delegate bool ReadConfiguration(string path, bool isNamed, out byte[] text);

    /// <summary>Finds the directory.</summary>
    /// <param name="kind">The daemon.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="read">Reads its configuration file.</param>
    /// <param name="directory">An absolute path without trailing slashes; null if the daemon uses none that can be read.</param>
    /// <returns>False if the configuration file cannot be read.</returns>
    internal static bool TryFind(DaemonKind kind, DaemonArguments arguments, ReadConfiguration read, out string? directory)
    {
        bool isDocker = kind == DaemonKind.Docker;
        directory = isDocker
            ? arguments.Value("--data-root"u8) ?? arguments.Value("--graph"u8) ?? arguments.Value("-g"u8)
            : arguments.Value("--state"u8) ?? arguments.Value("-state"u8);
        if (directory is null)
        {
            string? named = isDocker ? arguments.Value("--config-file"u8) : arguments.Value("--config"u8) ?? arguments.Value("-config"u8) ?? arguments.Value("-c"u8);
            string file = named ?? (isDocker ? "/etc/docker/daemon.json" : "/etc/containerd/config.toml");
            if (!read(file, isNamed: named is not null, out byte[] text)) return false;
            directory = isDocker ? DaemonConfiguration.DataRoot(text) ?? DefaultDataRoot : DaemonConfiguration.StateDirectory(text) ?? DefaultState;
        }

        directory = directory is ['/', _, ..] && !directory.Contains('\0') ? directory.TrimEnd('/') : null;
        return true;
    }
}
