namespace CredentialBroker.Node.Configuration;

/// <summary>Everything that is wrong with a configuration, each with the key it is about, so that all is told at once.</summary>
internal sealed class Mistakes
{
    private readonly List<string> _all;
    private readonly string _at;

    public Mistakes()
        : this([], "")
    {
    }

    private Mistakes(List<string> all, string at) => (_all, _at) = (all, at);

    public IReadOnlyList<string> All => _all;

    public Mistakes Below(string key) => new(_all, Path(key));

    public void Add(string key, string what) => _all.Add($"{Path(key)}: {what}");

    public void Demand(bool holds, string key, string what)
    {
        if (!holds) Add(key, what);
    }

    public void DemandPath(string? value, string key) => Demand(
        value is { Length: > 1 } && value[0] == '/' && !value.Any(char.IsControl) && !value.EndsWith('/') && !value[1..].Split('/').Any(part => part is "" or "." or ".."), key, "say a whole path, such as /run/credbroker-node/name");

    public static bool IsLabel(string text) =>
        text.Length is > 0 and <= 63 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && text[0] != '-' && text[^1] != '-';

    private string Path(string key) => _at.Length == 0 ? key : $"{_at}:{key}";
}
