namespace CredentialBroker.Sidecar.FrontEnds.Files;

/// <summary>A member of a lease's credential, as <c>lease.member</c>.</summary>
internal sealed record MemberName(string Lease, string Member)
{
    public static MemberName? TryRead(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && dot < text.Length - 1 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') ? new MemberName(text[..dot], text[(dot + 1)..]) : null;
    }
}

/// <summary>The holes of a text.</summary>
internal static class MemberNames
{
    /// <summary>Every member that is named, and what is wrong with the holes.</summary>
    public static IReadOnlyList<MemberName> InText(string text, out string? wrong)
    {
        var found = new List<MemberName>();
        var fault = default(string);
        Fill(text, name =>
        {
            found.Add(name);
            return "";
        }, hole => fault = $"'{{{{{hole}}}}}' is not {{{{lease.member}}}}");
        wrong = fault;
        return found;
    }

    /// <summary>Puts members into their holes.</summary>
    public static string Fill(string text, Func<MemberName, string> member, Action<string>? strange = null)
    {
        var filled = new System.Text.StringBuilder();
        for (var at = 0; ;)
        {
            var open = text.IndexOf("{{", at, StringComparison.Ordinal);
            var close = open < 0 ? -1 : text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
            {
                if (open >= 0) strange?.Invoke(text[(open + 2)..]);
                return filled.Append(text, at, text.Length - at).ToString();
            }

            filled.Append(text, at, open - at);
            var hole = text[(open + 2)..close].Trim();
            if (MemberName.TryRead(hole) is { } name) filled.Append(member(name));
            else strange?.Invoke(hole);
            at = close + 2;
        }
    }
}
