using CredentialBroker.Protocol.Reviews;

namespace CredentialBroker.Reviews.Identity;

/// <summary>What one check sees: what there is, why it fails, what it cannot tell; and the facts of which the fingerprint is made.</summary>
internal sealed class Notes(string check)
{
    private readonly SortedSet<string> _items = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _failures = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _unknowns = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _facts = new(StringComparer.Ordinal);

    public IEnumerable<string> Facts => _facts.Select(fact => $"{check}: {fact}");

    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Something that is there.</summary>
    /// <param name="more">What of it changes by itself, such as until when it is valid: shown, and no part of the identity.</param>
    public void Item(string item, string more = "")
    {
        _items.Add(item + more);
        _facts.Add(item);
    }

    public void Fail(string why) => _failures.Add(why);

    public void Unknown(string what) => _unknowns.Add(what);

    public CheckView View() => new(check, _failures.Count > 0 ? CheckView.Fail : _unknowns.Count > 0 ? CheckView.Unknown : CheckView.Pass, [.. _items], [.. _failures, .. _unknowns.Select(what => $"not known: {what}")]);
}
