using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify;

/// <summary>Reads the runtimes' state files for all resolvers, and counts and tells what could not be read or understood.</summary>
/// <param name="maxBytes">How large one may be (discovery.max_state_file).</param>
/// <param name="selection">Which labels become tags.</param>
/// <param name="counters">Counts each version of a file that could not be understood, once.</param>
/// <param name="log">Is told of them.</param>
internal sealed class StateFiles(int maxBytes, LabelSelection selection, AgentCounters counters, RateLimitedLog log)
{
    internal delegate bool Parser(ReadOnlySpan<byte> text, IdentityDraft draft);

    /// <summary>Reads one container's own file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="keys">Under which keys of labels or annotations it has what Kubernetes calls the container.</param>
    /// <param name="parse">Understands it.</param>
    /// <param name="previous">What was known: a version that cannot be understood takes nothing of it away.</param>
    /// <returns>Null where there is no such file, or trying again may help.</returns>
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

    /// <summary>The bytes of a file of many containers; to be disposed. What became of it is for the caller to tell.</summary>
    internal StateFile Open(string path) => StateFile.Read(path, maxBytes);

    /// <summary>Counts and tells that a file, or so many parts of it, could not be understood.</summary>
    internal void Malformed(string path, int count = 1)
    {
        counters.Add(AgentCounter.IdentityErrors, count);
        log.Warning("identity malformed", $"{path} is not what its runtime writes (damaged, or of a version unknown here): its containers go by their ids");
    }

    /// <summary>Counts and tells that a file could not be read.</summary>
    internal void Failed(string path, StateFileOutcome outcome, int error)
    {
        counters.Add(AgentCounter.IdentityErrors);
        switch (outcome)
        {
            case StateFileOutcome.TooLarge:
                log.Warning("identity too large", $"{path} is larger than discovery.max_state_file ({maxBytes}): its containers go by their ids");
                break;
            case StateFileOutcome.NotRegular:
                log.Warning("identity not a file", $"{path} is not a regular file and was not opened: its containers go by their ids");
                break;
            default:
                log.Warning("identity unreadable", $"{path} cannot be read (errno {-error}): its containers go by their ids; reading other users' files takes CAP_DAC_READ_SEARCH");
                break;
        }
    }

    private void LabelsTooLong(string path, int count)
    {
        counters.Add(AgentCounter.LabelsOverLimit, count);
        log.Warning("labels too long", $"{path} has labels whose key is longer than {StateText.MaxKeyBytes} bytes or whose value is longer than {StateText.MaxBytes}: they are left out");
    }
}
