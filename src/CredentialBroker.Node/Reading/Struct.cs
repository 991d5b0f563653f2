namespace CredentialBroker.Node.Reading;

/// <summary>
/// Takes the members of one struct by their Go names. A member that nobody took is one that the gate does not know, and the
/// engine may: it is refused.
/// </summary>
internal sealed class Struct(Value.Members members, string path)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    public static Struct Of(Value value, string path) => value is Value.Members members ? new Struct(members, path) : throw Wrong(path);

    /// <summary>Members whose value is of no consequence for the host.</summary>
    public Struct Skip(string names)
    {
        foreach (var name in names.Split(' ')) _taken.Add(name.ToLowerInvariant());
        return this;
    }

    public Value? Any(string name)
    {
        _taken.Add(name.ToLowerInvariant());
        return members.Find(name.ToLowerInvariant());
    }

    public string Text(string name) => Any(name) switch
    {
        null => "",
        Value.Text text => text.Is,
        _ => throw Wrong($"{path}.{name}"),
    };

    public bool Truth(string name) => Any(name) switch
    {
        null => false,
        Value.Truth truth => truth.Is,
        _ => throw Wrong($"{path}.{name}"),
    };

    /// <summary>As it was written; null for none and for nought.</summary>
    public string? Number(string name) => Any(name) switch
    {
        null or Value.Number { Is: "0" } => null,
        Value.Number number => number.Is,
        _ => throw Wrong($"{path}.{name}"),
    };

    public IReadOnlyList<Value> List(string name) => Any(name) switch
    {
        null => [],
        Value.List list => list.Items,
        _ => throw Wrong($"{path}.{name}"),
    };

    public IEnumerable<string> Texts(string name) => List(name).Select(item => item is Value.Text text ? text.Is : throw Wrong($"{path}.{name}"));

    public IEnumerable<Struct> Structs(string name) => List(name).Select(item => Of(item, $"{path}.{name}"));

    public Struct? Inner(string name) => Any(name) is { } value ? Of(value, $"{path}.{name}") : null;

    /// <summary>A map of texts.</summary>
    public IEnumerable<(string Key, string Value)> Pairs(string name) => Any(name) switch
    {
        null => [],
        Value.Members map => map.Of.Select(one => (one.Key, one.Value is Value.Text text ? text.Is : throw Wrong($"{path}.{name}"))),
        _ => throw Wrong($"{path}.{name}"),
    };

    /// <summary>Refuses whatever was not taken.</summary>
    public void NoOthers()
    {
        if (members.Of.Keys.FirstOrDefault(name => !_taken.Contains(name)) is { } other) throw new UnreadableException(Refusals.Member, $"{path} has a member that the gate does not know: {other}");
    }

    private static UnreadableException Wrong(string path) => new(Refusals.Type, $"{path} has another type than the engine gives it");
}
