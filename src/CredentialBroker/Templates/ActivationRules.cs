namespace CredentialBroker.Templates;

/// <summary>Who makes a template's text the truth (R40).</summary>
/// <param name="SecondPerson">Whether another person than its author must activate it; not so in development.</param>
/// <param name="ImportActivates">Whether the configured folder activates by itself: who writes the configuration is then the second person.</param>
internal sealed record ActivationRules(bool SecondPerson, bool ImportActivates);

/// <summary>A text that waits for a second person.</summary>
internal sealed record TemplateProposal(string Name, string Revision, string Source, string Author, long ProposedAt);
