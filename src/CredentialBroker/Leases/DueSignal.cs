namespace CredentialBroker.Leases;

/// <summary>Rung by whoever brings an end forward, so that the sweep need not wait for its next second.</summary>
internal sealed class DueSignal
{
    private Action? _listener;

    public void Listen(Action listener) => _listener = listener;

    public void Ring() => _listener?.Invoke();
}
