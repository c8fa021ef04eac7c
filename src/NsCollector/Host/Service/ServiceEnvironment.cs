using NsCollector.Host.Check;

namespace NsCollector.Host.Service;

/// <summary>The environment of a unit's process. The shell's environment does not belong to it.</summary>
internal static class ServiceEnvironment
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>NAME=VALUE for each variable.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="name">The unit's name.</param>
    internal static string[] Of(UnitFile unit, string name)
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal)
        {
            ["PATH"] = DefaultPath,

            // systemd sets it for each start; the defaults of paths depend on it.
            ["INVOCATION_ID"] = new string('0', 32),
        };

        // Where this build finds .NET, if it is not an executable of its own.
        foreach (System.Collections.DictionaryEntry own in Environment.GetEnvironmentVariables())
        {
            if (own.Key is string key && key.StartsWith("DOTNET_", StringComparison.Ordinal)) variables[key] = (string?)own.Value ?? "";
        }

        foreach (string assignment in unit.All("Environment").SelectMany(UnitWords.Split))
        {
            int equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) variables[assignment[..equals]] = assignment[(equals + 1)..];
        }

        foreach (string path in unit.All("EnvironmentFile"))
        {
            foreach ((string variable, string value) in EnvironmentText.Parse(TextFile.Read(path.TrimStart('-')) ?? "")) variables[variable] = value;
        }

        // The credentials of the running service. Without them the agent reads /etc/nscollector/credentials, from which systemd loads them.
        string credentials = "/run/credentials/" + name;
        bool hasOther = unit.All("LoadCredential").Concat(unit.All("LoadCredentialEncrypted")).Concat(unit.All("SetCredential"))
            .Any(line => line != "nscollector:/etc/nscollector/credentials");
        if (hasOther && Directory.Exists(credentials)) variables["CREDENTIALS_DIRECTORY"] = credentials;
        return [.. variables.Select(variable => $"{variable.Key}={variable.Value}")];
    }
}
