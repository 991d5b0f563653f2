namespace CredentialBroker.Node.Reading;

/// <summary>One value of a body that Go and this program read alike.</summary>
internal abstract record Value
{
    private Value() { }

    internal sealed record Text(string Is) : Value;

    /// <param name="Is">As it was written.</param>
    internal sealed record Number(string Is) : Value;

    internal sealed record Truth(bool Is) : Value;

    internal sealed record Nothing : Value;

    internal sealed record List(IReadOnlyList<Value> Items) : Value;

    /// <param name="Of">Of a struct by the folded name; of a free map by the name itself.</param>
    internal sealed record Members(IReadOnlyDictionary<string, Value> Of) : Value
    {
        /// <summary>The member; null where it is absent or null, which Go takes for absent.</summary>
        public Value? Find(string name) => Of.GetValueOrDefault(name) is { } found and not Nothing ? found : null;
    }
}

/// <summary>A body is not one that both readers understand in the same way.</summary>
/// <param name="code">Stable reason code.</param>
internal sealed class UnreadableException(string code, string detail) : Exception(detail)
{
    public string Code { get; } = code;
}
