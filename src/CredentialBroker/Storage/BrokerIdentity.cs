namespace CredentialBroker.Storage;

/// <summary>Six characters that are in every name and tag this broker makes at a target; read from the store at start.</summary>
internal sealed class BrokerIdentity
{
    private string? _id;

    public string Id
    {
        get => _id ?? throw new InvalidOperationException("the broker's id is read when the store was migrated");
        set => _id = value;
    }
}
