# nix-build packaging/nix
{ pkgs ? import <nixpkgs> { } }:

pkgs.stdenv.mkDerivation {
  pname = "pooltrace";
  version = "0.1.0";
  src = pkgs.lib.cleanSource ../..;
  buildInputs = with pkgs; [ uthash cjson elfutils libiberty util-linux xxHash zlib ];
  # The recorder states its own flags: hardened calls would call into the host's C library.
  hardeningDisable = [ "all" ];
  postPatch = "patchShebangs scripts";
  makeFlags = [ "PREFIX=$(out)" "smartcols=-I${pkgs.util-linux.dev}/include/libsmartcols" ];
  meta = {
    description = "Heap profiler that tells what to change in a program";
    license = pkgs.lib.licenses.mit;
    platforms = [ "x86_64-linux" ];
  };
}
