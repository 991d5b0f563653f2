using System.Text.Json;

namespace CredentialBroker.Approvals.Intake;

/// <summary>
/// Takes the members of one JSON object one by one and remembers the first fault. A member that nobody took is a
/// fault too, so that nothing a source signed is ever ignored.
/// </summary>
internal sealed class Members
{
    private readonly Dictionary<string, JsonElement> _left = new(StringComparer.Ordinal);
    private readonly string _path;

    public Members(JsonElement element, string path)
    {
        _path = path;
        if (element.ValueKind != JsonValueKind.Object)
        {
            Fail("", "is no object");
            return;
        }

        foreach (var member in element.EnumerateObject())
        {
            if (!_left.TryAdd(member.Name, member.Value)) Fail(member.Name, "appears twice");
        }
    }

    /// <summary>The first fault, with its member's path.</summary>
    public string? Fault { get; private set; }

    public void Fail(string name, string fault) => Fault ??= $"{(name.Length == 0 ? _path : $"{_path}.{name}")} {fault}";

    public string? Text(string name, int longest)
    {
        if (!_left.Remove(name, out var value)) return null;
        return TextOf(name, value, longest);
    }

    public string NeedText(string name, int longest) => Text(name, longest) ?? Missing(name);

    public long? Number(string name, long from, long to)
    {
        if (!_left.Remove(name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= from && number <= to) return number;
        Fail(name, $"is no whole number from {from} to {to}");
        return null;
    }

    public IReadOnlyList<string> Texts(string name, int most, int longest)
    {
        if (!_left.Remove(name, out var value)) return [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > most)
        {
            Fail(name, $"is no list of at most {most}");
            return [];
        }

        var texts = value.EnumerateArray().Select(item => TextOf(name, item, longest)).OfType<string>().ToList();
        if (texts.Distinct(StringComparer.Ordinal).Count() != texts.Count) Fail(name, "names something twice");
        return texts;
    }

    public IReadOnlyDictionary<string, string> Pairs(string name, int most, int longest)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!_left.Remove(name, out var value)) return pairs;
        if (value.ValueKind != JsonValueKind.Object) Fail(name, "is no object");
        else
        {
            foreach (var member in value.EnumerateObject())
            {
                if (member.Name.Length is 0 or > 64 || !Approvals.Text.IsPlain(member.Name)) Fail(name, "has a member with an unfit name");
                else if (TextOf(name, member.Value, longest) is { } text && !pairs.TryAdd(member.Name, text)) Fail(name, "has a member twice");
            }

            if (pairs.Count > most) Fail(name, $"has more than {most} members");
        }

        return pairs;
    }

    public JsonElement? Any(string name) => _left.Remove(name, out var value) ? value : null;

    /// <summary>Refuses whatever was not taken.</summary>
    public void NoOthers()
    {
        if (_left.Count == 0) return;
        // The name is the sender's own text: it is told only when it is a plain word.
        var name = _left.Keys.First();
        Fail("", $"has a member that does not belong there{(Approvals.Text.IsEventId(name) ? $": {name}" : "")}");
    }

    private string? TextOf(string name, JsonElement value, int longest)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        if (text.Length > 0 && text.Length <= longest && Approvals.Text.IsPlain(text)) return text;
        Fail(name, $"is no text of 1 to {longest} characters without control characters");
        return null;
    }

    private string Missing(string name)
    {
        Fail(name, "is missing");
        return "";
    }
}
