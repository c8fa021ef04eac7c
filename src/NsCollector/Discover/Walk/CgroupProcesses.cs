using System.Buffers.Text;
using System.Text;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Walk;

/// <summary>Which cgroups have processes, and in which containers a runtime runs. For the discovery thread; allocates nothing once used.</summary>
/// <param name="roots">Where the host's procfs is.</param>
internal sealed class CgroupProcesses(HostRoots roots)
{
    /// <summary>How many directories are searched at most, nearest first.</summary>
    private const int MaxDirectories = 256;

    /// <summary>How many processes of a container are examined at most.</summary>
    private const int MaxProcesses = 1024;

    /// <summary>How long an answer about a container is used, in milliseconds.</summary>
    private const long AnswerMs = 1_000;

    /// <summary>The same for the pids of programs, which are checked again before they are used.</summary>
    private const long ProgramsMs = 10_000;

    private readonly byte[] _buffer = new byte[8192];
    private readonly byte[] _name = new byte[64];
    private readonly byte[] _procPath = Encoding.UTF8.GetBytes(roots.Proc + "/4294967295/comm\0");
    private readonly int _procLength = Encoding.UTF8.GetByteCount(roots.Proc) + 1;
    private readonly Queue<CgroupNode> _subtree = new();
    private readonly Dictionary<CgroupNode, RuntimesInside> _answers = [];
    private readonly Stack<RuntimesInside> _unused = new();

    /// <summary>A walk begins: containers may be gone.</summary>
    internal void Forget()
    {
        foreach (RuntimesInside answer in _answers.Values) _unused.Push(answer);
        _answers.Clear();
    }

    /// <summary>Whether a cgroup has a process, in itself or below. False if that cannot be read.</summary>
    internal bool Any(CgroupTree tree, CgroupNode node)
    {
        // cgroup.events includes the cgroups below. cgroup v1 has none.
        if (tree.Hierarchy.IsV2 && Read(tree, node, "cgroup.events\0"u8, _name) is > 0 and int read) return _name.AsSpan(0, read).IndexOf("populated 1"u8) >= 0;
        _subtree.Clear();
        _subtree.Enqueue(node);
        for (int looked = 0; looked < MaxDirectories && _subtree.TryDequeue(out CgroupNode? next); looked++)
        {
            if (Read(tree, next, "cgroup.procs\0"u8, _name) > 0) return true;
            if (next.Children is not { } children) continue;
            foreach (CgroupNode child in children.Values) _subtree.Enqueue(child);
        }

        return false;
    }

    /// <summary>Whether a program of the runtime runs in a container, outside the containers inside it.</summary>
    /// <param name="tree">The hierarchy.</param>
    /// <param name="container">The container's directory there.</param>
    /// <param name="runtime">The runtime.</param>
    /// <param name="nowMs">The monotonic clock, in milliseconds.</param>
    internal bool IsRuntimeIn(CgroupTree tree, CgroupNode container, ContainerRuntime runtime, long nowMs)
    {
        return (AnswerOf(tree, container, nowMs, AnswerMs).Runtimes & (1 << (int)runtime)) != 0;
    }

    /// <summary>The pids of the programs of a runtime that run in a container, outside the containers inside it. A few suffice: the daemon first.</summary>
    /// <inheritdoc cref="IsRuntimeIn"/>
    internal int[] ProgramsIn(CgroupTree tree, CgroupNode container, ContainerRuntime runtime, long nowMs) =>
        AnswerOf(tree, container, nowMs, ProgramsMs).ProgramsOf(runtime);

    private RuntimesInside AnswerOf(CgroupTree tree, CgroupNode container, long nowMs, long maxAgeMs)
    {
        if (!_answers.TryGetValue(container, out RuntimesInside? answer))
        {
            if (!_unused.TryPop(out answer)) answer = new RuntimesInside();
            _answers[container] = answer;
        }
        else if (nowMs - answer.AtMs < maxAgeMs)
        {
            return answer;
        }

        answer.Clear(nowMs);
        Search(tree, container, answer);
        return answer;
    }

    private void Search(CgroupTree tree, CgroupNode container, RuntimesInside answer)
    {
        int processes = 0;
        _subtree.Clear();
        _subtree.Enqueue(container);
        for (int looked = 0; looked < MaxDirectories && processes < MaxProcesses && _subtree.TryDequeue(out CgroupNode? node); looked++)
        {
            using (var listed = new ProcessList(tree, node, "cgroup.procs\0"u8, _buffer))
            {
                bool isEmpty = true;
                while (processes < MaxProcesses && listed.TryNext(out int pid))
                {
                    if (isEmpty) answer.Runtimes |= RuntimePrograms.RuntimesOfCgroup(node.Name);
                    isEmpty = false;
                    processes++;
                    answer.Add(pid, RuntimePrograms.Find(Comm(pid)));
                }
            }

            if (node.Children is not { } children) continue;
            foreach (CgroupNode child in children.Values)
            {
                if (child.Recognised is null) _subtree.Enqueue(child);
            }
        }
    }

    private ReadOnlySpan<byte> Comm(int pid)
    {
        Utf8Formatter.TryFormat(pid, _procPath.AsSpan(_procLength), out int digits);
        "/comm\0"u8.CopyTo(_procPath.AsSpan(_procLength + digits));
        int descriptor = Libc.Openat(Libc.AT_FDCWD, _procPath.AsSpan(0, _procLength + digits + "/comm\0"u8.Length));
        if (descriptor < 0) return default;
        int length = Libc.Pread(descriptor, _name, 0);
        Libc.Close(descriptor);
        return length <= 0 ? default : _name.AsSpan(0, length).TrimEnd((byte)'\n');
    }

    private static int Read(CgroupTree tree, CgroupNode node, ReadOnlySpan<byte> fileWithNul, byte[] buffer)
    {
        int descriptor = tree.Open(node, fileWithNul);
        if (descriptor < 0) return descriptor;
        int length = Libc.Pread(descriptor, buffer, 0);
        Libc.Close(descriptor);
        return length;
    }
}
