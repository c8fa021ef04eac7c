using System.Globalization;

namespace NsCollector.Serve.Docker.Top;

/// <summary>The names of the host's users, from its /etc/passwd (passwd(5)).</summary>
internal sealed class UserNames
{
    private const int MaxFileBytes = 4 << 20;

    private readonly Dictionary<uint, string> _names = [];

    private UserNames()
    {
    }

    /// <summary>Reads them from the root of process 1, which is the host's root even if the agent runs in a container. If that fails, from the agent's own root.</summary>
    /// <param name="proc">The host's procfs.</param>
    internal static UserNames Read(string proc)
    {
        var users = new UserNames();
        foreach (string line in Lines(proc + "/1/root/etc/passwd") ?? Lines("/etc/passwd") ?? [])
        {
            string[] fields = line.Split(':');
            if (fields.Length > 2 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint user)) users._names.TryAdd(user, fields[0]);
        }

        return users;
    }

    /// <summary>The name of a user; its number if it has none.</summary>
    internal string Of(uint user) => _names.GetValueOrDefault(user) ?? user.ToString(CultureInfo.InvariantCulture);

    private static string[]? Lines(string path)
    {
        try
        {
            return new FileInfo(path).Length > MaxFileBytes ? null : File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
