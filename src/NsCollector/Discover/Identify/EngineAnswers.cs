namespace NsCollector.Discover.Identify;

/// <summary>Uses a daemon's API for names that its state files do not have.</summary>
/// <param name="engine">The names that its daemons reported; null if it has no API.</param>
/// <param name="selection">Which labels become tags.</param>
internal sealed class EngineAnswers(IEngineNames? engine, LabelSelection selection)
{
    /// <summary>Adds the health that the daemons report.</summary>
    /// <returns>The same object if it has that health already.</returns>
    internal KnownIdentity? WithHealth(string id, KnownIdentity? known)
    {
        if (known is null || engine is null) return known;
        EngineHealth? told = engine.HealthOf(id);
        return told == known.Told ? known : known with { Told = told };
    }

    /// <summary>What the daemons have reported of a container.</summary>
    /// <param name="id">Its full id.</param>
    /// <param name="source">The version of the file that has no name; null if there is no file.</param>
    /// <param name="previous">The last answer for this container, returned itself if nothing has changed.</param>
    /// <returns>Null if no daemon has reported it.</returns>
    internal KnownIdentity? Find(string id, StateFileStamp? source, KnownIdentity? previous)
    {
        if (engine is null || !engine.TryFind(id, out KnownIdentity? answer)) return null;
        if (previous is not null && ReferenceEquals(previous.Answer, answer) && previous.Source == source) return previous;
        return answer with
        {
            Source = source,
            Answer = answer,
            Labels = IdentityDraft.InOrder(answer.Labels.Where(label =>
                selection.Reads(label.Key) && label.Key.Length <= StateText.MaxKeyBytes && label.Value.Length is > 0 and <= StateText.MaxBytes)),
        };
    }
}
