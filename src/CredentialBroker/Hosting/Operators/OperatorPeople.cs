namespace CredentialBroker.Hosting;

/// <summary>Which logins are one person, as the configuration says.</summary>
internal sealed class OperatorPeople(OperatorOptions options)
{
    private readonly Dictionary<string, string> _byLogin = options.People
        .SelectMany(person => person.Value.Logins.Select(login => (login, person.Key)))
        .ToDictionary(one => one.login, one => one.Key, StringComparer.Ordinal);

    public Operator Name(Operator proven) => _byLogin.TryGetValue(proven.Login, out var person) ? proven with { Person = person } : proven;

    /// <summary>The actor of a record as it would be called today: logins may have come to be a person's since.</summary>
    public string ActorOf(string recorded) => _byLogin.TryGetValue(recorded, out var person) ? Operator.ActorOf(person) : recorded;

    /// <summary>Logins of an actor: of a person all, else the actor itself.</summary>
    public IEnumerable<string> LoginsOf(string actor) => _byLogin.Where(one => Operator.ActorOf(one.Value) == actor).Select(one => one.Key).Append(actor);

    public bool IsNamed(string actor) => _byLogin.Values.Any(person => Operator.ActorOf(person) == actor);
}
