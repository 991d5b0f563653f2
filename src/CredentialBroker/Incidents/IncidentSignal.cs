namespace CredentialBroker.Incidents;

/// <summary>Rung when a revocation may go on, so that its job need not wait for the next second.</summary>
internal sealed class IncidentSignal
{
    private Action? _listeners;

    public void Listen(Action listener) => _listeners += listener;

    public void Ring() => _listeners?.Invoke();
}
