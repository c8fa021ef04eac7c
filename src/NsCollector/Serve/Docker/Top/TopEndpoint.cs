using System.Globalization;
using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Proc;

namespace NsCollector.Serve.Docker.Top;

/// <summary>/containers/REFERENCE/top: the processes of a container in the columns of <c>ps -ef</c> on the host. Each request reads /proc.</summary>
/// <param name="containers">The containers.</param>
/// <param name="members">Lists their processes.</param>
/// <param name="roots">The host's procfs.</param>
internal sealed class TopEndpoint(IDockerContainers containers, CgroupMembers members, HostRoots roots) : IDockerEndpoint
{
    private const string DefaultArguments = "-ef";

    // The kernel allows longer command lines; ps shows all of it.
    private const int MaxFileBytes = 64 << 10;

    /// <summary>Maximum bytes of all command lines of an answer: a container can have thousands of processes with long ones.</summary>
    private const int MaxCommandBytes = 4 << 20;

    private static readonly string[] Titles = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"];

    /// <inheritdoc/>
    public async Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        if (request.Query["ps_args"] is not (DefaultArguments or "") and { } arguments)
        {
            await response.Refuse(501, $"ps_args={arguments} is not implemented by this API of NsCollector, only {DefaultArguments}", cancellation).ConfigureAwait(false);
            return;
        }

        if (DockerRefusal.Of(containers, request.Reference, out DockerContainer container) is { } refusal)
        {
            await response.Refuse(refusal, cancellation).ConfigureAwait(false);
            return;
        }

        List<string[]> rows = container.Live is { } live ? Rows(live.CgroupPath) : [];
        if (rows.Count == 0)
        {
            await response.Refuse(409, $"container {container.Id} is not running", cancellation).ConfigureAwait(false);
            return;
        }

        await response.Send(
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteStartArray("Processes"u8);
                foreach (string[] row in rows) WriteTexts(row);
                writer.WriteEndArray();
                writer.WritePropertyName("Titles"u8);
                WriteTexts(Titles);
                writer.WriteEndObject();

                void WriteTexts(string[] texts)
                {
                    writer.WriteStartArray();
                    foreach (string text in texts) writer.WriteStringValue(text);
                    writer.WriteEndArray();
                }
            },
            cancellation).ConfigureAwait(false);
    }

    private List<string[]> Rows(string cgroupPath)
    {
        SortedSet<int> pids = members.Read(cgroupPath);
        var rows = new List<string[]>(pids.Count);
        if (pids.Count == 0) return rows;
        UserNames users = UserNames.Read(roots.Proc);
        byte[] buffer = new byte[MaxFileBytes];
        DateTimeOffset now = DateTimeOffset.Now;
        int commandBytes = 0;
        long uptimeNs = Libc.ClockGettime(Libc.CLOCK_BOOTTIME);
        foreach (int pid in pids)
        {
            string directory = string.Create(CultureInfo.InvariantCulture, $"{roots.Proc}/{pid}");

            // It may end meanwhile.
            if (ProcessRow.Parse(pid, Read(directory + "/stat", buffer)) is not { } process) continue;
            if (EffectiveUser(Read(directory + "/status", buffer)) is not { } user) continue;

            // Beyond the limit, the name of the program is shown, as for a kernel thread.
            ReadOnlySpan<byte> command = commandBytes < MaxCommandBytes ? Read(directory + "/cmdline", buffer) : [];
            commandBytes += command.Length;
            rows.Add(
            [
                ProcessRow.UserText(users.Of(user)), pid.ToString(CultureInfo.InvariantCulture), process.Parent.ToString(CultureInfo.InvariantCulture),
                process.CpuText(uptimeNs), process.StartText(now, uptimeNs), process.TerminalText, process.TimeText,
                process.CommandText(command),
            ]);
        }

        return rows;
    }

    // The line Uid has the real, effective, saved and file system user.
    private static uint? EffectiveUser(ReadOnlySpan<byte> status)
    {
        string[] users = Encoding.ASCII.GetString(ProcessStatus.Line(status, "Uid"u8)).Split('\t');
        return users.Length > 1 && uint.TryParse(users[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint user) ? user : null;
    }

    private static ReadOnlySpan<byte> Read(string path, byte[] buffer)
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"));
        if (descriptor < 0) return [];
        int filled = 0, length;
        while (filled < buffer.Length && (length = Libc.Read(descriptor, buffer.AsSpan(filled))) > 0) filled += length;
        Libc.Close(descriptor);
        return buffer.AsSpan(0, filled);
    }
}
