namespace CredentialBroker.Node.Gate;

/// <summary>A request as it may stand in a log.</summary>
internal static class Asks
{
    private const int Longest = 200;

    public static string Of(Call call)
    {
        var text = string.Concat($"{call.Verb} {call.Uri.Split('?')[0]}".Select(c => c is >= ' ' and <= '~' ? c : '?'));
        return text[..Math.Min(text.Length, Longest)];
    }
}
