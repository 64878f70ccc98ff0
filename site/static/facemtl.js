// The list of notebooks is long: bring the one that is open into sight.
document.addEventListener('DOMContentLoaded', () => {
  const list = document.querySelector('.bd-sidebar-primary'), here = list?.querySelector('a.current')
  if (here) list.scrollTop += here.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight/2
})
