namespace CredentialBroker.Leases;

/// <summary>Rung by whoever brings an end forward, so that the sweep and the published lists need not wait for their next time.</summary>
internal sealed class DueSignal
{
    private Action? _listeners;

    public void Listen(Action listener) => _listeners += listener;

    public void Ring() => _listeners?.Invoke();
}
