using System.Diagnostics;

namespace NsCollector.PackageTests.Packages;

/// <summary>
/// The logrotate file, run by logrotate in a mount namespace with the package's user and its own /var/log.
/// </summary>
public sealed class LogrotateTests(BuiltPackages built) : IClassFixture<BuiltPackages>, IDisposable
{
    private const string Directory0750 = "drwxr-x--- nscollector nscollector /var/log/nscollector";
    private readonly string _root = Directory.CreateTempSubdirectory("nscollector-logrotate-").FullName;

    [RequiresFact("logrotate", "systemd-sysusers", "unshare", "dpkg-deb")]
    public void Logrotate_accepts_a_missing_directory_silently() =>
        Assert.DoesNotContain("error:", Inside("logrotate --debug $conf 2>&1; rm -r /var/log/nscollector; $rotate 2>&1"));

    [RequiresFact("logrotate", "systemd-sysusers", "unshare", "dpkg-deb")]
    public void Only_files_larger_than_the_agents_limit_are_rotated()
    {
        // 256 MiB is the agent's limit; the limit in this file is a little larger.
        string kept = Inside("truncate -s 256M metrics.lp; $rotate; ls");
        Assert.Equal("metrics.lp", kept);
        string rotated = Inside("truncate -s 257M metrics.lp; echo 'a b=1i 1' >> metrics.lp; $rotate; ls");
        Assert.Equal("metrics.lp.1", rotated);
    }

    [RequiresFact("logrotate", "systemd-sysusers", "unshare", "dpkg-deb", "zcat")]
    public void Forced_rotation_keeps_owner_and_mode_and_the_agents_rotated_files()
    {
        string listing = Inside(
            """
            : first > metrics.lp.20261121T100359.123Z
            echo first > metrics.lp; chown nscollector:nscollector *; chmod 0640 *; $rotate --force
            echo second > metrics.lp; chown nscollector:nscollector metrics.lp; chmod 0640 metrics.lp; $rotate --force
            stat -c '%A %U %G %n' /var/log/nscollector *; cat metrics.lp.1; zcat metrics.lp.2.gz
            """);
        Assert.Equal(
            [
                Directory0750,
                "-rw-r----- nscollector nscollector metrics.lp.1",
                "-rw-r----- nscollector nscollector metrics.lp.2.gz",
                "-rw-r----- nscollector nscollector metrics.lp.20261121T100359.123Z",
                "second",
                "first",
            ],
            listing.Split('\n'));
    }

    [RequiresFact("logrotate", "systemd-sysusers", "unshare", "dpkg-deb", "setpriv")]
    public void Running_agent_continues_in_a_new_file()
    {
        string listing = Inside(
            """
            setpriv --reuid nscollector --regid nscollector --clear-groups "$agent" run --set file:main:path=/var/log/nscollector/metrics.lp \
                --set file:main:rotate_size=0 --set agent:interval=200ms > /dev/null 2>&1 &
            agent=$!
            trap 'kill -9 $agent' EXIT
            until [ -s metrics.lp ]; do sleep 0.1; done
            $rotate --force
            until [ -s metrics.lp ]; do sleep 0.1; done
            stat -c '%A %U %G %n' /var/log/nscollector *
            """);
        Assert.Equal(
            [Directory0750, "-rw-r----- nscollector nscollector metrics.lp", "-rw-r----- nscollector nscollector metrics.lp.1"],
            listing.Split('\n'));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    // Runs a script as root in /var/log/nscollector, in a system with the package's files.
    private string Inside(string script)
    {
        Command.Run("sh", "-c", $"find '{_root}' -mindepth 1 -delete");
        Command.Run("dpkg-deb", "--extract", BuiltPackages.PathOf(built.Deb), _root);
        using Process process = Command.Start("timeout", "100", "unshare", "--mount", "--propagation", "private", "bash", "-euo", "pipefail", "-c",
            $"""
            root='{_root}' agent='{_root}/usr/lib/nscollector/nscollector' conf='{_root}/etc/logrotate.d/nscollector'
            chmod 0755 $root
            for file in passwd group; do cp /etc/$file $root/etc/$file; done
            systemd-sysusers --root=$root nscollector.conf > /dev/null 2>&1
            for file in passwd group; do mount --bind $root/etc/$file /etc/$file; done
            mount -t tmpfs -o mode=0755 none /var/log
            mkdir -m 0750 /var/log/nscollector
            chown nscollector:nscollector /var/log/nscollector
            cd /var/log/nscollector
            rotate="logrotate --state $root/state $conf"
            {script}
            """);
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result + output);
        return output.TrimEnd('\n');
    }
}
