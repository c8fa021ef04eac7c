using System.Text.RegularExpressions;

namespace NsCollector.TestSupport.Kernel;

/// <summary>
/// The output of <c>strace -f -e trace=clone,clone3,fork,vfork,execve</c>: all system calls that create a process or start a
/// program.
/// </summary>
public sealed partial class SystemCallTrace
{
    private readonly List<string> _calls;

    private SystemCallTrace(List<string> calls) => _calls = calls;

    /// <summary>The command line that runs a program under strace, with output to <paramref name="path"/>.</summary>
    public static string[] Words(string path, string[] program) =>
        ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=clone,clone3,fork,vfork,execve", "-e", "signal=none", "-o", path, .. program];

    /// <summary>Reads the output of strace.</summary>
    public static SystemCallTrace Read(string path) => new([.. File.ReadLines(path).Where(line => Call().IsMatch(line))]);

    /// <summary>The calls that created threads.</summary>
    public IEnumerable<string> Threads => _calls.Where(IsThread);

    /// <summary>The calls that created processes or started programs, except the first, which starts the agent.</summary>
    public IEnumerable<string> ProcessesAndPrograms => _calls.Where(call => !IsThread(call)).Skip(1);

    /// <summary>The first call, which strace itself makes.</summary>
    public string First => _calls.First();

    private static bool IsThread(string call) => call.Contains("clone", StringComparison.Ordinal) && call.Contains("CLONE_THREAD", StringComparison.Ordinal);

    [GeneratedRegex(@"^\d+\s+(clone3?|v?fork|execve)\(")]
    private static partial Regex Call();
}
