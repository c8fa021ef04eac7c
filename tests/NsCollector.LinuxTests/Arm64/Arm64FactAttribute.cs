namespace NsCollector.LinuxTests.Arm64;

/// <summary>
/// A test that runs the native-AOT executable for arm64 (ARM64_AGENT_UNDER_TEST) with the libraries of its image
/// (ARM64_LIBRARIES) under the emulator of qemu-user. tests/run sets both variables. If one is missing the test is skipped; with CI=true, tests/run counts a skipped test as failed.
/// </summary>
internal sealed class Arm64FactAttribute : FactAttribute
{
    private const string Emulator = "/usr/bin/qemu-aarch64-static";

    public Arm64FactAttribute()
    {
        if (Variable("ARM64_AGENT_UNDER_TEST") is null || Variable("ARM64_LIBRARIES") is null) Skip = "ARM64_AGENT_UNDER_TEST or ARM64_LIBRARIES is not set (tests/run sets them)";
        else if (!File.Exists(Emulator)) Skip = "qemu-user-static is not installed (packaging/prepare tests)";
    }

    /// <summary>The command that starts the executable.</summary>
    /// <param name="directory">
    /// An empty directory. The emulator looks there first for each absolute path that the agent opens, so it must
    /// contain only the libraries.
    /// </param>
    internal static string[] ProgramIn(string directory)
    {
        Directory.CreateDirectory(Path.Combine(directory, "usr"));
        foreach (string name in (string[])["lib", "usr/lib"]) File.CreateSymbolicLink(Path.Combine(directory, name), Variable("ARM64_LIBRARIES")!);
        return [Emulator, "-L", directory, Variable("ARM64_AGENT_UNDER_TEST")!];
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
