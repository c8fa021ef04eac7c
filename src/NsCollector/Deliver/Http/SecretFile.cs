using System.Runtime.InteropServices;
using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.Http;

/// <summary>
/// Reads files with a password, a token, a certificate or a key. Error texts have the path of the file and none of its content.
/// </summary>
internal static class SecretFile
{
    /// <summary>Maximum size, in bytes.</summary>
    internal const int MaxBytes = 64 * 1024;

    /// <summary>
    /// Where an administrator puts the files that the service is given as its credentials. Read in place of
    /// $CREDENTIALS_DIRECTORY if that is not set: <c>nscollector check</c> as root in a shell then sees what the service will.
    /// </summary>
    internal const string Store = "/etc/nscollector/credentials";

    /// <summary>
    /// What systemd puts before the names of the files in <see cref="Store"/>: the unit's <c>LoadCredential=nscollector:…</c>
    /// names a directory (systemd.exec(5)).
    /// </summary>
    private const string StorePrefix = "nscollector_";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a token: printable ASCII without spaces, as required in a header (RFC 9110 5.5).</summary>
    /// <param name="path">Absolute, or the name of a credential.</param>
    /// <param name="credentialsDirectory">
    /// $CREDENTIALS_DIRECTORY, which systemd sets (systemd.exec(5)); null or empty if it is not set: then <see cref="Store"/> is used.
    /// </param>
    /// <param name="problem">The error, for an operator; empty if there is none.</param>
    /// <param name="spacesAllowed">Whether it may contain spaces, as the value of another header.</param>
    /// <returns>The token, or null.</returns>
    internal static string? TryReadToken(string path, string? credentialsDirectory, out string problem, bool spacesAllowed = false)
    {
        string? token = TryReadPassword(path, credentialsDirectory, out problem);
        char lowest = spacesAllowed ? ' ' : '!';
        if (token is null || token.All(character => character >= lowest && character < '\x7f')) return token;
        problem = spacesAllowed
            ? $"{Shown(path)} contains a character that is not printable ASCII, which a header cannot contain"
            : $"{Shown(path)} contains a space or a character that is not ASCII, which a token cannot contain";
        return null;
    }

    /// <summary>Reads a password: one line of UTF-8. One LF or CRLF at its end is removed.</summary>
    /// <inheritdoc cref="TryReadToken"/>
    /// <returns>The password, or null.</returns>
    internal static string? TryReadPassword(string path, string? credentialsDirectory, out string problem)
    {
        byte[]? bytes = TryReadBytes(path, credentialsDirectory, isSecret: true, out problem);
        if (bytes is null) return null;
        ReadOnlySpan<byte> line = bytes;
        if (line.EndsWith("\n"u8)) line = line[..^1];
        if (line.EndsWith("\r"u8)) line = line[..^1];
        string text;
        try
        {
            text = StrictUtf8.GetString(line);
        }
        catch (ArgumentException)
        {
            problem = $"{Shown(path)} is not UTF-8";
            return null;
        }
        finally
        {
            Array.Clear(bytes);
        }

        if (text.Length == 0) problem = $"{Shown(path)} is empty";
        else if (text.Contains('\n', StringComparison.Ordinal)) problem = $"{Shown(path)} contains more than one line";
        else if (text.Any(char.IsControl)) problem = $"{Shown(path)} contains control characters";
        return problem.Length == 0 ? text : null;
    }

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="path">Absolute, or the name of a credential.</param>
    /// <param name="credentialsDirectory">$CREDENTIALS_DIRECTORY; null or empty if it is not set: then <see cref="Store"/> is used.</param>
    /// <param name="isSecret">Whether others must not be able to read it.</param>
    /// <param name="problem">The error, for an operator; empty if there is none.</param>
    /// <returns>The bytes, or null.</returns>
    internal static byte[]? TryReadBytes(string path, string? credentialsDirectory, bool isSecret, out string problem)
    {
        if (!TryResolve(path, credentialsDirectory, out string absolute, out problem)) return null;

        // Without O_NONBLOCK, opening a pipe would wait for its writer. Symbolic links are followed, because Kubernetes and
        // systemd use them for secrets.
        int descriptor = Open(absolute);
        if (descriptor == -Errno.ENOENT && path[0] != '/' && !string.IsNullOrEmpty(credentialsDirectory))
        {
            descriptor = Open(Path.Join(credentialsDirectory, StorePrefix + path));
        }

        if (descriptor < 0)
        {
            problem = descriptor != -Errno.ENOENT ? $"{Shown(path)} cannot be opened: {Message(-descriptor)}"
                : path[0] == '/' ? $"{Shown(path)} is not found"
                : string.IsNullOrEmpty(credentialsDirectory) ? $"{Shown(path)} is not found in {Store}, and $CREDENTIALS_DIRECTORY is not set: put the file into {Store}, or use an absolute path"
                : $"{Shown(path)} is not found among the service's credentials: put it into {Store} and restart the service, name it in the unit's LoadCredential=, or use an absolute path";
            return null;
        }

        try
        {
            // Of the open file, so that the checked file is the one that is read.
            int looked = Libc.Statx(descriptor, "\0"u8, out FileStatus status);
            if (looked < 0) problem = $"{Shown(path)} cannot be examined: {Message(-looked)}";
            else if (!status.IsRegularFile) problem = $"{Shown(path)} is not a regular file";
            else if (isSecret && (status.Mode & 0b111) != 0)
                problem = $"{Shown(path)} is accessible to all users (mode {Convert.ToString(status.Mode & 0xFFF, 8).PadLeft(4, '0')}): chmod 0600 {Shown(absolute)}";
            if (problem.Length > 0) return null;

            byte[] buffer = new byte[MaxBytes + 1];
            int filled = Libc.PreadFully(descriptor, buffer);
            if (filled < 0) problem = $"{Shown(path)} cannot be read: {Message(-filled)}";
            else if (filled > MaxBytes) problem = $"{Shown(path)} is larger than {MaxBytes} bytes";
            else if (filled == 0) problem = $"{Shown(path)} is empty";
            byte[]? bytes = problem.Length == 0 ? buffer[..filled] : null;
            if (isSecret) Array.Clear(buffer);
            return bytes;
        }
        finally
        {
            Libc.Close(descriptor);
        }
    }

    private static bool TryResolve(string path, string? credentialsDirectory, out string absolute, out string problem)
    {
        problem = "";
        absolute = path;
        if (path.Length == 0) problem = "no file is given";
        else if (path.Contains('\0', StringComparison.Ordinal)) problem = $"{Shown(path)} is not a path";
        else if (path[0] == '/') return true;
        else if (path.Split('/').Contains("..")) problem = $"{Shown(path)} is outside of $CREDENTIALS_DIRECTORY";
        absolute = Path.Join(string.IsNullOrEmpty(credentialsDirectory) ? Store : credentialsDirectory, path);
        return problem.Length == 0;
    }

    private static int Open(string path) =>
        Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"), Libc.O_RDONLY | Libc.O_NONBLOCK);

    private static string Shown(string path) => OneLine.Text(path);

    private static string Message(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
