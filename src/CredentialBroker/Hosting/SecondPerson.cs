using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Hosting;

/// <summary>
/// Who may be the other one where two are needed: another person, and a person at all. Two logins are one person where
/// the configuration says so, or, unless it names both as different people, where they share a subject or an e-mail address.
/// </summary>
internal sealed class SecondPerson(OperatorPeople people, Store store)
{
    /// <summary>Subject of the bootstrap token. Whoever reads its file has it, so that it is nobody in particular.</summary>
    private const string Nobody = "bootstrap";

    /// <summary>Why this operator may not second what another did, or null.</summary>
    /// <param name="first">Actor of what was begun, as it was recorded.</param>
    public async Task<Refusal?> RefuseAsync(string first, Operator second, CancellationToken cancel)
    {
        if (RefuseNobody(second) is { } nobody) return nobody;
        var actor = people.ActorOf(first);
        if (Mark(actor) == Mark(second.Name)) return Refused("this takes another person than the one who began it");
        if (second.Person is not null && people.IsNamed(actor)) return null;
        var known = await MarksOfAsync([.. people.LoginsOf(actor).Append(first).Distinct(StringComparer.Ordinal)], cancel);
        return MarksOf(second).Any(known.Contains)
            ? Refused("your login and that of the one who began it share a subject or an e-mail address; where they are two people, name both in Operators:People")
            : null;
    }

    /// <summary>Keeps what tells who began something; commits with it.</summary>
    public static IEnumerable<Work> Remember(Operator first) => MarksOf(first).Select(mark => new PlainWrite(
        "INSERT INTO operator_marks (actor, mark) VALUES (@actor, @mark) ON CONFLICT (actor, mark) DO NOTHING", ("actor", first.Name), ("mark", mark)));

    /// <summary>Why this operator may not answer for it in person, or null.</summary>
    public static Refusal? RefuseNobody(Operator caller) => caller.Issuer == BootstrapToken.Issuer && Mark(caller.Subject) == Mark(Nobody)
        ? new Refusal(ReasonCodes.OperatorForbidden, "the bootstrap token names nobody; this takes an operator in person")
        : null;

    /// <summary>What is known of who began it: what was kept, and the subjects of all logins.</summary>
    private async Task<HashSet<string>> MarksOfAsync(IReadOnlyList<string> actors, CancellationToken cancel)
    {
        var marks = actors.Where(actor => actor.Contains('#', StringComparison.Ordinal)).Select(actor => Mark(actor[(actor.IndexOf('#', StringComparison.Ordinal) + 1)..])).ToHashSet(StringComparer.Ordinal);
        foreach (var actor in actors)
        {
            marks.UnionWith(await store.ListAsync(Pool.Control, new Statement("SELECT mark FROM operator_marks WHERE actor = @actor") { Values = [("actor", actor)] }, row => row.GetString(0), cancel));
        }

        return marks;
    }

    private static IEnumerable<string> MarksOf(Operator one) => one.Marks.Prepend(one.Subject).Select(Mark).Where(mark => mark.Length > 0).Distinct(StringComparer.Ordinal);

    /// <summary>Letter case and surrounding blanks do not make another person.</summary>
    private static string Mark(string text) => text.Trim().ToUpperInvariant();

    private static Refusal Refused(string detail) => new(ReasonCodes.SelfApproval, detail);
}
