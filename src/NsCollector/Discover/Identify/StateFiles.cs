using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify;

/// <summary>Reads the runtimes' state files for all resolvers. Counts and logs what could not be read or parsed.</summary>
/// <param name="maxBytes">The maximum size (discovery.max_state_file).</param>
/// <param name="selection">Which labels become tags.</param>
/// <param name="counters">Counts each version of a file that could not be parsed, once.</param>
/// <param name="log">Receives warnings about them.</param>
internal sealed class StateFiles(int maxBytes, LabelSelection selection, AgentCounters counters, RateLimitedLog log)
{
    /// <summary>Which labels and variables are read.</summary>
    internal LabelSelection Selection => selection;

    internal delegate bool Parser(ReadOnlySpan<byte> text, IdentityDraft draft);

    /// <summary>Reads one container's own file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="keys">The keys of labels or annotations with the Kubernetes names.</param>
    /// <param name="parse">Parses it.</param>
    /// <param name="previous">What was known. It stays if this version cannot be parsed.</param>
    /// <returns>Null if there is no such file, or another try may succeed.</returns>
    internal KnownIdentity? Read(string path, IdentityKeys keys, Parser parse, KnownIdentity? previous)
    {
        StateFile file = Open(path);
        try
        {
            if (file.Outcome == StateFileOutcome.Missing) return null;
            if (file.Outcome == StateFileOutcome.Read)
            {
                var draft = new IdentityDraft(keys, selection);
                if (parse(file.Bytes, draft))
                {
                    if (draft.NamesLeftOut > 0) Malformed(path, draft.NamesLeftOut);
                    if (draft.LabelsLeftOut > 0) LabelsTooLong(path, draft.LabelsLeftOut);
                    return draft.ToIdentity(file.Stamp);
                }

                Malformed(path);
            }
            else
            {
                Failed(path, file.Outcome, file.Error);
            }

            return file.Stamp is null ? null : (previous ?? KnownIdentity.Nothing) with { Source = file.Stamp };
        }
        finally
        {
            file.Dispose();
        }
    }

    /// <summary>Opens a file of many containers. The caller disposes of it and reports its outcome.</summary>
    internal StateFile Open(string path) => StateFile.Read(path, maxBytes);

    /// <summary>Counts and logs that a file, or parts of it, could not be parsed.</summary>
    internal void Malformed(string path, int count = 1)
    {
        counters.Add(AgentCounter.IdentityErrors, count);
        log.Warning("identity malformed", $"Cannot parse {path}: it is damaged, or in an unknown format. Its containers have their ids as names until it changes.");
    }

    /// <summary>Counts and logs that a file could not be read.</summary>
    internal void Failed(string path, StateFileOutcome outcome, int error)
    {
        counters.Add(AgentCounter.IdentityErrors);
        switch (outcome)
        {
            case StateFileOutcome.TooLarge:
                log.Warning("identity too large", $"{path} is larger than discovery.max_state_file ({maxBytes}), so its containers have their ids as names. Raise the limit.");
                break;
            case StateFileOutcome.SymbolicLink:
                log.Warning("identity symbolic link", $"{path} is a symbolic link, which the agent does not follow. Its containers have their ids as names. Replace the link by the file.");
                break;
            case StateFileOutcome.NotRegular:
                log.Warning("identity not a file", $"{path} is not a regular file and was not opened. Its containers have their ids as names.");
                break;
            default:
                log.Warning("identity unreadable", $"Cannot read {path} (errno {-error}), so its containers have their ids as names. To read other users' files, the agent needs CAP_DAC_READ_SEARCH.");
                break;
        }
    }

    private void LabelsTooLong(string path, int count)
    {
        counters.Add(AgentCounter.LabelsOverLimit, count);
        log.Warning("labels too long", $"{path} has labels with a key of more than {StateText.MaxKeyBytes} bytes or a value of more than {StateText.MaxBytes}. They were left out.");
    }
}
