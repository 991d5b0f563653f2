namespace CredentialBroker.Approvals.Moves;

/// <summary>All that one batch knows and decided about approvals. Moves read and change it in arrival order.</summary>
internal sealed class Book
{
    private readonly Dictionary<string, Held> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Source, string Reference), Held> _byReference = [];
    private readonly HashSet<(string Source, string Event)> _seen = [];

    public List<object?[]> NewEvents { get; } = [];

    public List<object?[]> NewUses { get; } = [];

    public IEnumerable<Held> All => _byId.Values;

    public Held? Find(string id) => _byId.GetValueOrDefault(id);

    public Held? Find(string source, string reference) => _byReference.GetValueOrDefault((source, reference));

    public IEnumerable<Held> OfTask(string task) => _byId.Values.Where(h => h.Row.Task == task);

    public bool WasReceived(string source, string eventId) => _seen.Contains((source, eventId));

    public void Put(Held held)
    {
        // A row that several moves want is read once for each statement that finds it; the first stands.
        if (!_byId.TryAdd(held.Row.Id, held)) return;
        _byReference.Add((held.Row.Source, held.Row.Reference), held);
    }

    /// <summary>Notes an event that the store has already.</summary>
    public void Received(string source, string eventId) => _seen.Add((source, eventId));

    public void Receive(string source, string eventId, long keepUntil)
    {
        _seen.Add((source, eventId));
        NewEvents.Add([source, eventId, keepUntil]);
    }

    public void Use(Held held, string instance, long now)
    {
        held.Bind(instance);
        NewUses.Add([held.Row.Id, instance, now]);
    }
}
