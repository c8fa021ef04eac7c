using System.Diagnostics;
using System.Text;

namespace NsCollector.PackageTests.Completions;

/// <summary>
/// A shell on its own terminal, as a user runs it. It types words, presses Tab, and reads the resulting line and the candidates. The
/// completions are those of packaging/completions.
/// </summary>
internal sealed class InteractiveShell : IDisposable
{
    private const string Tab = "\t", Report = "\u0018p", ClearLine = "\u0001\u000b";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _terminal;
    private readonly StringBuilder _screen = new();
    private readonly string _reports;

    private InteractiveShell(ShellDirectory directory, string command, string setUp)
    {
        _reports = Path.Combine(directory.Path, ".reports");
        Directory.CreateDirectory(_reports);
        string script = Path.Combine(_reports, ".zshrc");
        File.WriteAllText(script, $"report={_reports}\n{setUp}\nPS1='ready> '\n");
        ProcessStartInfo start = new("script", ["-qf", "-c", command.Replace("SETUP", script, StringComparison.Ordinal), "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = directory.Path,
        };
        start.Environment["ZDOTDIR"] = _reports;
        start.Environment["TERM"] = "dumb";
        start.Environment["HOME"] = directory.Path;
        start.Environment["PATH"] = directory.SearchPath;
        _terminal = Process.Start(start)!;
        _ = Task.Run(Read);
        Wait(() => Screen.Contains("ready> ", StringComparison.Ordinal));
    }

    /// <summary>Bash, with or without the functions of the package bash-completion.</summary>
    internal static InteractiveShell Bash(ShellDirectory directory, bool hasPackage) => new(directory, "bash --noprofile --rcfile SETUP -i", $$"""
        {{(hasPackage ? "source /usr/share/bash-completion/bash_completion" : "")}}
        source {{Repository.PathOf("packaging/completions/nscollector.bash")}}
        reported() {
            _nscollector "$@"
            printf '%s\n' "${COMPREPLY[@]}" > $report/candidates
        }
        complete -F reported nscollector
        line() { printf '%s' "$READLINE_LINE" > $report/line.new; mv $report/line.new $report/line; }
        bind 'set enable-bracketed-paste off'
        bind 'set show-all-if-ambiguous off'
        bind -x '"\C-xp": line'
        """);

    /// <summary>Zsh with its completion system only.</summary>
    internal static InteractiveShell Zsh(ShellDirectory directory) => new(directory, "zsh -d -i", $$"""
        fpath=({{Repository.PathOf("packaging/completions")}} $fpath)
        autoload -Uz compinit
        compinit -u -D
        # What the completion offers goes through this builtin, unless it only asks what would match.
        compadd() {
            if [[ "${@[1,(i)(-|--)]}" != *-(O|A|D)\ * ]]; then
                local -a reported
                builtin compadd -A reported "$@"
                (( $#reported )) && print -rl -- $reported >> $report/candidates
            fi
            builtin compadd "$@"
        }
        line() { print -rn -- "$BUFFER" > $report/line.new; mv $report/line.new $report/line }
        zle -N line
        bindkey -e
        bindkey '^Xp' line
        # The key's own widget expands what stands before the cursor, for every command: what it runs is not the completion's.
        bindkey '^I' complete-word
        unsetopt auto_list auto_menu
        LISTMAX=1000
        """);

    /// <summary>The content of the terminal, for messages.</summary>
    internal string Screen
    {
        get
        {
            lock (_screen) return _screen.ToString();
        }
    }

    /// <summary>Types words and presses Tab.</summary>
    /// <returns>The line after completion, and the candidates.</returns>
    internal (string Line, string[] Candidates) Complete(string typed)
    {
        string line = Path.Combine(_reports, "line"), candidates = Path.Combine(_reports, "candidates");
        File.Delete(line);
        File.Delete(candidates);
        Type(ClearLine + typed + Tab + Report);
        Wait(() => File.Exists(line));
        string[] offered = File.Exists(candidates) ? [.. File.ReadAllLines(candidates).Where(one => one.Length > 0)] : [];
        return (File.ReadAllText(line), offered);
    }

    public void Dispose()
    {
        Type(ClearLine + "exit\r");
        if (!_terminal.WaitForExit(TimeSpan.FromSeconds(10))) _terminal.Kill(entireProcessTree: true);
        _terminal.Dispose();
    }

    private void Type(string keys)
    {
        _terminal.StandardInput.Write(keys);
        _terminal.StandardInput.Flush();
    }

    private void Read()
    {
        char[] buffer = new char[4096];
        for (int count; (count = _terminal.StandardOutput.Read(buffer)) > 0;)
        {
            lock (_screen) _screen.Append(buffer, 0, count);
        }
    }

    private void Wait(Func<bool> condition)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < Patience, "the shell did not come so far; its terminal shows:\n" + Screen);
            Thread.Sleep(20);
        }
    }
}
