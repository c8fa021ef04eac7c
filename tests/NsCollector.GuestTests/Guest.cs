using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace NsCollector.GuestTests;

/// <summary>
/// The booted guest (tests/vm/boot), as its root over ssh. What is under test is installed once, before the first test.
/// Emulated, all takes ten to twenty times as long as elsewhere: the deadlines are there to end a broken run.
/// </summary>
public sealed class Guest
{
    /// <summary>Where the .deb under test lies in the guest.</summary>
    public const string Package = "/root/nscollector.deb";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Installs what is under test.</summary>
    public Guest()
    {
        if (SshConfig is not null)
            Install();
    }

    /// <summary>The configuration by which <c>ssh -F</c> reaches the host <c>guest</c>; null where there is no guest.</summary>
    public static string? SshConfig => Environment.GetEnvironmentVariable("GUEST_SSH_CONFIG") is { Length: > 0 } path ? path : null;

    /// <summary>The guest's clock, in ns since the epoch.</summary>
    public long NowNs => long.Parse(Run("date +%s%N"), CultureInfo.InvariantCulture);

    /// <summary>The number of systemd's version: 257.</summary>
    public int SystemdVersion => int.Parse(Run("systemctl --version").Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>Whether its kernel tells how a process ended that somebody else has reaped: PIDFD_GET_INFO does since 6.15.</summary>
    public bool TellsExitStatus => Version.Parse(Run("uname -r | grep -o '^[0-9]*[.][0-9]*'")) >= new Version(6, 15);

    /// <summary>Runs a shell script in the guest to its end.</summary>
    /// <returns>Its exit status (255 where ssh itself failed), standard output and standard error.</returns>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
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

    /// <summary>Runs a shell script that must succeed.</summary>
    /// <returns>Its standard output without the last newline.</returns>
    /// <exception cref="InvalidOperationException">It ended with another status than 0; the message has its standard error.</exception>
    public string Run(string script, string? input = null, TimeSpan? patience = null)
    {
        (int status, string output, string errors) = Try(script, input, patience);
        return status == 0
            ? output.TrimEnd('\n')
            : throw new InvalidOperationException($"in the guest, status {status}: {script}\n{errors}{output}");
    }

    /// <summary>A file's text, as it is; also of /proc and /sys.</summary>
    public string Read(string path) => Run($"cat '{path}'");

    /// <summary>What a script writes that writes one whole number.</summary>
    public long Integer(string script) => long.Parse(Run(script), CultureInfo.InvariantCulture);

    /// <summary>Writes a file and makes the directories above it.</summary>
    public void Write(string path, string text) => Run($"mkdir -p '{Path.GetDirectoryName(path)}' && cat > '{path}'", text);

    /// <summary>Copies a file of this machine into the guest, with its mode.</summary>
    public void CopyIn(string file, string path)
    {
        Run($"mkdir -p '{Path.GetDirectoryName(path)}'");
        Command.Run("scp", "-q", "-p", "-F", SshConfig!, file, $"guest:{path}");
    }

    /// <summary>Asks again and again until the answer is yes.</summary>
    /// <exception cref="TimeoutException">It was not in time; the message is <paramref name="what"/> and what <paramref name="otherwise"/> tells.</exception>
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
        // Each `systemctl daemon-reload`, which every package and drop-in brings, runs all generators; emulated, those take
        // most of its time, and what they would generate is not in the guest. fstab's and getty's stay.
        Run("""
            mkdir -p /run/systemd/system-generators && cd /usr/lib/systemd/system-generators
            for generator in *; do
                case $generator in systemd-fstab-generator | systemd-getty-generator) continue ;; esac
                ln -sf /dev/null /run/systemd/system-generators/$generator
            done
            """);
        Run("systemctl stop nscollector.service 2> /dev/null || true");
        string packages = Environment.GetEnvironmentVariable("PACKAGES_UNDER_TEST") is { Length: > 0 } value ? value : throw new InvalidOperationException("PACKAGES_UNDER_TEST is not set: nothing to install in the guest");
        string package = Directory.EnumerateFiles(packages, "nscollector_*_amd64.deb").Order(StringComparer.Ordinal).LastOrDefault() ?? throw new InvalidOperationException($"no .deb in {packages}");
        // A guest that was kept has it already, maybe of an earlier build.
        string sum = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(package)));
        if (Try($"echo '{sum} {Package}' | sha256sum --status -c && dpkg -s nscollector > /dev/null").Status != 0)
        {
            CopyIn(package, Package);
            Run($"DEBIAN_FRONTEND=noninteractive apt-get install -y --reinstall {Package}");
        }

        CopyIn(Burn.Program, "/usr/local/bin/burn");
    }
}
