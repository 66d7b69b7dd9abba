# The rules that the real SpamAssassin, offline, finds in each message, with those that only other rules ask for: a line of
# JSON a message. Arguments: a folder for its state, one with the rules of a site, then the messages.

use strict;
use warnings;
use JSON::PP;
use Mail::SpamAssassin;

my ($state, $own, @files) = @ARGV;
my $assassin = Mail::SpamAssassin->new({
  rules_filename => '/usr/share/spamassassin',
  site_rules_filename => $own,
  userprefs_filename => '/dev/null',
  userstate_dir => $state,
  dont_copy_prefs => 1,
  local_tests_only => 1,
  post_config_text => "use_bayes 0\nuse_auto_welcomelist 0\n",
});

for my $file (@files) {
  my $text = do { local $/; open my $handle, '<:raw', $file or die "$file: $!"; <$handle> };
  my $message = $assassin->parse($text, 1);
  my $status = $assassin->check($message);
  my $hits = $status->{tests_already_hit};
  print encode_json({ file => $file, hits => [sort grep { $hits->{$_} } keys %$hits] }), "\n";
  $status->finish;
  $message->finish;
}
