namespace CredentialBroker.Protocol.Selectors;

public sealed partial record Selector
{
    /// <summary>True when every term holds for the thing whose dimensions the function gives; null is absent.</summary>
    public bool Matches(Func<string, string?> dimension)
    {
        ArgumentNullException.ThrowIfNull(dimension);
        foreach (var term in Terms)
        {
            if (!term.Holds(dimension(term.Key))) return false;
        }

        return true;
    }

    /// <summary>The canonical text; reads back as the same selector.</summary>
    public override string ToString() => string.Join(',', Terms);
}
