using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace NsCollector.GuestTests;

/// <summary>
/// The booted guest (tests/vm/boot), as root over ssh. The package under test is installed once, before the first test. Emulation
/// is ten to twenty times slower, so the time limits only end a broken run.
/// </summary>
public sealed class Guest
{
    /// <summary>The path of the .deb under test in the guest.</summary>
    public const string Package = "/root/nscollector.deb";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Installs the package under test.</summary>
    public Guest()
    {
        if (SshConfig is not null)
            Install();
    }

    /// <summary>The ssh configuration with the host <c>guest</c>; null without a guest.</summary>
    public static string? SshConfig => Environment.GetEnvironmentVariable("GUEST_SSH_CONFIG") is { Length: > 0 } path ? path : null;

    /// <summary>The guest's clock, in ns since the epoch.</summary>
    public long NowNs => long.Parse(Run("date +%s%N"), CultureInfo.InvariantCulture);

    /// <summary>The version number of systemd, such as 257.</summary>
    public int SystemdVersion => int.Parse(Run("systemctl --version").Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>Whether its kernel reports exit statuses to a process that is not the parent: PIDFD_GET_INFO, since 6.15.</summary>
    public bool ReportsExitStatus => Version.Parse(Run("uname -r | grep -o '^[0-9]*[.][0-9]*'")) >= new Version(6, 15);

    /// <summary>Runs a shell script in the guest until it exits.</summary>
    /// <returns>Its exit status (255 if ssh failed), standard output and standard error.</returns>
    /// <exception cref="TimeoutException">It did not exit in time.</exception>
    public (int Status, string Output, string Errors) Try(string script, string? input = null, TimeSpan? patience = null)
    {
        using Process ssh = Command.Start("ssh", "-F", SshConfig!, "guest", script);
        Task<string> output = ssh.StandardOutput.ReadToEndAsync();
        Task<string> errors = ssh.StandardError.ReadToEndAsync();
        ssh.StandardInput.Write(input);
        ssh.StandardInput.Close();
        if (!Task.WaitAll([output, errors], patience ?? Patience) || !ssh.WaitForExit(patience ?? Patience))
        {
            ssh.Kill();
            throw new TimeoutException($"in the guest, not within {patience ?? Patience}: {script}");
        }

        ssh.WaitForExit();
        return (ssh.ExitCode, output.Result, errors.Result);
    }

    /// <summary>Runs a shell script, which must exit with status 0.</summary>
    /// <returns>Its standard output without the last newline.</returns>
    /// <exception cref="InvalidOperationException">It exited with another status; the message has its standard error.</exception>
    public string Run(string script, string? input = null, TimeSpan? patience = null)
    {
        (int status, string output, string errors) = Try(script, input, patience);
        return status == 0
            ? output.TrimEnd('\n')
            : throw new InvalidOperationException($"in the guest, status {status}: {script}\n{errors}{output}");
    }

    /// <summary>Reads a file, also of /proc and /sys.</summary>
    public string Read(string path) => Run($"cat '{path}'");

    /// <summary>Runs a script that prints one integer.</summary>
    public long Integer(string script) => long.Parse(Run(script), CultureInfo.InvariantCulture);

    /// <summary>Writes a file and creates its parent directories.</summary>
    public void Write(string path, string text) => Run($"mkdir -p '{Path.GetDirectoryName(path)}' && cat > '{path}'", text);

    /// <summary>Copies a file of the host into the guest, with its mode.</summary>
    public void CopyIn(string file, string path)
    {
        Run($"mkdir -p '{Path.GetDirectoryName(path)}'");
        Command.Run("scp", "-q", "-p", "-F", SshConfig!, file, $"guest:{path}");
    }

    /// <summary>Checks a condition repeatedly until it is true.</summary>
    /// <exception cref="TimeoutException">It was not true in time; the message has <paramref name="what"/> and <paramref name="otherwise"/>.</exception>
    public static void Await(Func<bool> condition, string what, Func<string>? otherwise = null, TimeSpan? patience = null)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > (patience ?? Patience))
                throw new TimeoutException($"not within {patience ?? Patience}: {what}. {otherwise?.Invoke()}");
            Thread.Sleep(200);
        }
    }

    private void Install()
    {
        // Every package and drop-in causes a `systemctl daemon-reload`, which runs all generators. In emulation they take most of its
        // time, and the guest has nothing for them to generate, except for fstab and getty.
        Run("""
            mkdir -p /run/systemd/system-generators && cd /usr/lib/systemd/system-generators
            for generator in *; do
                case $generator in systemd-fstab-generator | systemd-getty-generator) continue ;; esac
                ln -sf /dev/null /run/systemd/system-generators/$generator
            done
            """);
        Run("systemctl stop nscollector.service 2> /dev/null || true");
        string packages = Environment.GetEnvironmentVariable("PACKAGES_UNDER_TEST") is { Length: > 0 } value ? value : throw new InvalidOperationException("PACKAGES_UNDER_TEST is not set; tests/run sets it");
        string package = Directory.EnumerateFiles(packages, "nscollector_*_amd64.deb").Order(StringComparer.Ordinal).LastOrDefault() ?? throw new InvalidOperationException($"no .deb in {packages}");
        // A guest that was kept has it already, perhaps from an earlier build.
        string sum = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(package)));
        if (Try($"echo '{sum} {Package}' | sha256sum --status -c && dpkg -s nscollector > /dev/null").Status != 0)
        {
            CopyIn(package, Package);
            Run($"DEBIAN_FRONTEND=noninteractive apt-get install -y --reinstall {Package}");
        }

        CopyIn(Burn.Program, "/usr/local/bin/burn");
    }
}
